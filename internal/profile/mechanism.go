package profile

import "slices"

// Mechanism names what decides a promise. The list is closed.
type Mechanism string

// Mechanisms returns the closed list, in the order in which they are explained.
func Mechanisms() []Mechanism {
	table := mechanisms()
	list := make([]Mechanism, len(table))
	for i, m := range table {
		list[i] = m.name
	}
	return list
}

func (m Mechanism) shapes() (map[string]shape, bool) {
	table := mechanisms()
	i := slices.IndexFunc(table, func(d mechanism) bool { return d.name == m })
	if i < 0 {
		return nil, false
	}
	return table[i].parameters, true
}

// mechanism is a name with the parameters that it understands.
type mechanism struct {
	name       Mechanism
	parameters map[string]shape
}

func mechanisms() []mechanism {
	return slices.Concat(storedMechanisms(), doorMechanisms(), traceMechanisms(), lifeMechanisms(),
		publishedMechanisms(), continuityMechanisms(), operationMechanisms(), registerMechanisms())
}

func storedMechanisms() []mechanism {
	return []mechanism{
		{"marker-scan", map[string]shape{"mode": aWord, "stores": words, "encodings": words, "key_bits": bits}},
		{"seal-inspector", map[string]shape{"algorithms": words, "key_bits": bits, "sample": aCount, "full_pass": aSpan,
			"key_age": aSpan, "rewrap_within": aSpan, "kms": aWord}},
		{"credential-inspector", map[string]shape{"algorithms": words, "memory_min": aSize, "passes_min": aCount,
			"salt_min": aSize, "guess_min": aSpan, "otp": aTable}},
		{"data-inventory", map[string]shape{"must_declare": words, "classes": words, "top_class": aWord,
			"event_fields": words, "extra_fields": aWord}},
		{"placement-register", map[string]shape{"allowed": rows, "differ": pairs, "metadata_age": aSpan, "approval": aWord}},
	}
}

func doorMechanisms() []mechanism {
	return []mechanism{
		{"listener-sweep", map[string]shape{"expect": rows, "tls_min": aVersion, "suites": words, "cert_left": aSpan,
			"hsts": aSpan, "plaintext": aWord}},
		{"address-gate", map[string]shape{"doors": words, "lists": words, "trusted_proxies": aWord, "effect_within": aSpan,
			"emergency": aTable, "page_budget": aTable}},
		{"abuse-probe", map[string]shape{"burst": aTable, "header_timeout": aSpan, "body_max": aSize, "neighbour_p95": aSpan,
			"upload_paths": words, "archive_depth": aCount}},
		{"role-matrix", map[string]shape{"roles": words, "table": aWord, "callers": words, "doors": words, "cap": aCount,
			"file_modes": words}},
		{"hostile-login", map[string]shape{"password": aTable, "factors": aWord, "lockout": aTable, "revoked_within": aSpan,
			"code_life": aSpan, "code_tries": aCount, "timing_gap": aSpan, "issuers": words, "alert_within": aSpan}},
		{"account-census", map[string]shape{"groups": words, "cap": aCount, "factors_min": aCount, "idle": aSpan,
			"issuer": aWord, "role_source": aWord, "names": aWord}},
		{"grant-join", map[string]shape{"purposes": words, "ticket": words, "opened_by": aWord, "longest": aSpan,
			"groups": words, "device": aWord, "alert_within": aSpan}},
	}
}

func traceMechanisms() []mechanism {
	return []mechanism{
		{"audit-probe", map[string]shape{"paths": words, "fields": words, "within": aSpan, "types": words}},
		{"log-verifier", map[string]shape{"witnesses_min": aCount, "head_age": aSpan, "required_fields": words,
			"operations": words, "pruned_before": aWord}},
		{"log-reconciler", map[string]shape{"sources": words, "skew": aSpan, "lag": aSpan, "heartbeat": aSpan,
			"flags": words, "review": aSpan}},
		{"log-shipping", map[string]shape{"streams": words, "sink": aWord, "lag": aSpan, "queue_max": aSize, "drops": aCount}},
		{"alert-delivery", map[string]shape{"events": words, "within": aSpan, "must_hold": words, "channel": aWord,
			"window": aWord, "feed_age": aSpan, "cap": aCount}},
		{"notification-drill", map[string]shape{"within": aSpan, "must_hold": words, "contact": aTable, "drill_every": aSpan}},
		{"intake-canary", map[string]shape{"channels": words, "receipt_within": aSpan, "triage_within": aSpan,
			"answer_within": aSpan, "priority": aWord, "routing": aTable, "document": aWord}},
	}
}

func lifeMechanisms() []mechanism {
	return []mechanism{
		{"age-scanner", map[string]shape{"at_most": aSpan, "at_least": aSpan, "cycle": aSpan, "age_from": aWord, "holds": aWord}},
		{"contract-end-canary", map[string]shape{"close_within": aSpan, "wipe_after": aSpan, "remains": words, "certificate": aWord}},
		{"rights-canary", map[string]shape{"rights": words, "answer_within": aSpan, "correct_within": aSpan, "stores": words,
			"erased_by": aSpan, "schema": aWord}},
		{"consent-gate", map[string]shape{"purposes": rows, "form": aWord, "withdraw_within": aSpan, "storage": aTable}},
		{"journey-canary", map[string]shape{"steps": words, "equal": words, "within": aSpan, "staff_steps": aCount,
			"hours": aWord, "classes": words}},
	}
}

func publishedMechanisms() []mechanism {
	return []mechanism{
		{"artifact-compare", map[string]shape{"edges": words, "cache_life": aSpan, "digest": aWord, "kept_versions": aCount, "anonymous": aFlag}},
		{"script-analyser", map[string]shape{"forbidden": words, "comments": aCount, "local_name_max": aCount,
			"source_map": aWord, "run": aSpan, "same_as": aWord}},
		{"page-auditor", map[string]shape{"wcag": aTable, "widths": pixels, "contrast": aRatio, "browsers": rows, "exceptions": words}},
		{"public-page-probe", map[string]shape{"url": aWord, "digest": aWord, "headings": words, "review": aSpan,
			"shown_within": aSpan, "independent": aFlag}},
	}
}

func continuityMechanisms() []mechanism {
	return []mechanism{
		{"backup-inventory", map[string]shape{"tiers": aTable, "newest": aSpan, "window": aClock, "oldest": aSpan, "targets": words}},
		{"restore-compare", map[string]shape{"restore_every": aSpan, "stores": words, "tenants": aCount, "longest": aSpan}},
		{"point-in-time", map[string]shape{"bands": rows, "heartbeat": aSpan, "picks": aCount}},
		{"failover-drill", map[string]shape{"cut": words, "rto": aSpan, "rpo": aSpan, "hands": aCount, "drill_every": aSpan, "plan": aWord}},
		{"replica-lag", map[string]shape{"copies_min": aCount, "zones_min": aCount, "regions_min": aCount, "lag": aSpan, "digest_every": aSpan}},
		{"availability", map[string]shape{"level": percent, "window": aWord, "sample_every": aSpan, "timeout": aSpan,
			"p95": aSpan, "exclusions": aWord}},
		{"heartbeat", map[string]shape{"watchers": words, "population": aWord, "every": aSpan, "gap": aCount, "open_finding": aFlag}},
		{"capacity-forecast", map[string]shape{"ahead": aSpan, "limit": percent, "history": aSpan, "interval": percent}},
	}
}

func operationMechanisms() []mechanism {
	return []mechanism{
		{"config-drift", map[string]shape{"sources": words, "approvers": words, "baseline": aWord, "detect_within": aSpan, "history": aCount}},
		{"provenance", map[string]shape{"repository": aWord, "pipeline": aWord, "reviewers_min": aCount, "critical_paths": words,
			"environments": words, "flaw_table_age": aSpan, "release_every": aSpan}},
		{"update-age", map[string]shape{"within": aSpan, "fix_grace": aSpan, "report_age": aSpan, "hosts": aWord}},
		{"device-posture", map[string]shape{"lock": aSpan, "disk": aWord, "password_policy": aWord, "removable": aWord,
			"software": aWord, "extensions": aWord, "check_in": aSpan, "signature_age": aSpan}},
	}
}

func registerMechanisms() []mechanism {
	return []mechanism{
		{"register-rule", map[string]shape{"register": aWord, "required": words, "order": words, "limit": aTable,
			"approvers": aTable, "links": words, "threshold": aWord, "empty": aWord}},
		{"attestation", map[string]shape{"owner": aWord, "deputy": aWord, "cadence": aCadence, "template": words,
			"population": aWord, "join_grace": aSpan, "late": aSpan, "remind": spans, "escalate": spans, "empty": aWord}},
	}
}
