package profile

import (
	"maps"
	"slices"

	"garant.example/internal/errs"
	"garant.example/internal/id"
)

// SettingName names one setting. The list is closed.
type SettingName = id.Name

// Setting is one declared value.
type Setting struct {
	Value Value `yaml:"value" json:"value"`
	// Planned says that nothing enforces the value yet: it is declared for people
	// to see, and no accessor returns it.
	Planned bool `yaml:"planned" json:"planned,omitempty"`
}

// Settings are the settings of a profile by name.
type Settings map[SettingName]Setting

// Order says which of two values of a setting is the stricter one, for merging
// two profiles.
type Order uint8

// The orders.
const (
	Unordered Order = iota // equal, or a merge is refused
	More                   // the greater number, the longer time
	Less                   // the smaller number, the shorter time
	Higher                 // the later word of the list of words
	AllOfBoth              // the union of both sets
	InBoth                 // the intersection of both sets
	True                   // true wins
	False                  // false wins
)

// Definition is what the closed list says of a setting.
type Definition struct {
	Name  SettingName
	shape settingShape
	Unit  string   // of a count: "characters"
	Words []string // of a level or a set: the closed list, from the laxest
	Order Order
}

type settingShape uint8

const (
	isCount settingShape = iota + 1 // "12 characters"
	isSpan                          // "30min"
	isBits                          // "256bit"
	isLevel                         // one of Words
	isSet                           // some of Words
	isFlag                          // true or false
)

// Definitions returns the closed list of settings.
func Definitions() []Definition {
	factors := []string{"off", "recommended", "required"}
	return []Definition{
		{"password_length", isCount, "characters", nil, More},
		{"password_classes", isSet, "", []string{"upper", "lower", "digit", "special", "digit-or-special"}, AllOfBoth},
		{"password_lists", isSet, "", []string{"breached"}, AllOfBoth},
		{"password_score", isCount, "points", nil, More}, // 0 to 4
		{"password_change_at_first_login", isFlag, "", nil, True},
		{"mfa_members", isLevel, "", factors, Higher},
		{"mfa_auditors", isLevel, "", factors, Higher},
		{"mfa_staff", isLevel, "", factors, Higher},
		{"mfa_methods", isSet, "", []string{"sms", "totp", "passkey", "recovery-code"}, InBoth},
		{"login_ways", isSet, "", []string{"password", "saml", "oidc"}, InBoth},
		{"lockout_failures", isCount, "failures", nil, Less},
		{"lockout_time", isSpan, "", nil, More},
		{"login_code_life", isSpan, "", nil, Less},
		{"session_idle", isSpan, "", nil, Less},
		{"session_life", isSpan, "", nil, Less},
		{"token_life", isSpan, "", nil, Less},
		{"revocation_delay", isSpan, "", nil, Less},
		{"account_idle", isSpan, "", nil, Less},
		{"staff_grant_life", isSpan, "", nil, Less},
		{"ip_allow_list", isFlag, "", nil, True},
		{"tls_min", isLevel, "", []string{"1.2", "1.3"}, Higher},
		{"at_rest_algorithms", isSet, "", []string{"AES-256-GCM"}, InBoth},
		{"key_length", isBits, "", nil, More},
		{"key_rotation", isSpan, "", nil, Less},
		{"key_rewrap_within", isSpan, "", nil, Less},
		{"erasure_delay", isSpan, "", nil, Less},
		{"retention_by_tenant", isFlag, "", nil, False},
		{"wipe_after_contract", isSpan, "", nil, Less},
		{"log_retention", isSpan, "", nil, Unordered},
	}
}

// Define returns the definition of a name.
func Define(name SettingName) (Definition, bool) {
	list := Definitions()
	i := slices.IndexFunc(list, func(d Definition) bool { return d.Name == name })
	if i < 0 {
		return Definition{}, false
	}
	return list[i], true
}

// Names returns the names that are set, in the order of the closed list.
func (s Settings) Names() []SettingName {
	var list []SettingName
	for _, d := range Definitions() {
		if _, ok := s[d.Name]; ok {
			list = append(list, d.Name)
		}
	}
	return list
}

// inForce returns the value of a setting that something enforces.
func (s Settings) inForce(name SettingName) (Definition, Value, bool) {
	set, ok := s[name]
	d, known := Define(name)
	return d, set.Value, ok && known && !set.Planned && d.valid(set.Value)
}

// Count returns a number that is in force. ok is false for a setting that the
// profile leaves out, that is only planned, or that is of another kind.
func (s Settings) Count(name SettingName) (n int64, ok bool) {
	d, v, ok := s.inForce(name)
	if !ok || d.shape != isCount && d.shape != isBits {
		return 0, false
	}
	return d.number(v), true
}

// Span returns a length of time that is in force.
func (s Settings) Span(name SettingName) (span Span, ok bool) {
	d, v, ok := s.inForce(name)
	if !ok || d.shape != isSpan {
		return Span{}, false
	}
	text, _ := v.Text()
	span, err := ParseSpan(text)
	return span, err == nil
}

// Flag returns a yes or no that is in force.
func (s Settings) Flag(name SettingName) (yes, ok bool) {
	d, v, ok := s.inForce(name)
	if !ok || d.shape != isFlag {
		return false, false
	}
	return v.Flag()
}

// Word returns a level that is in force.
func (s Settings) Word(name SettingName) (word string, ok bool) {
	d, v, ok := s.inForce(name)
	if !ok || d.shape != isLevel {
		return "", false
	}
	return v.Text()
}

// Set returns the words of a set that is in force.
func (s Settings) Set(name SettingName) (words []string, ok bool) {
	d, v, ok := s.inForce(name)
	if !ok || d.shape != isSet {
		return nil, false
	}
	return v.Words()
}

func (d Definition) number(v Value) int64 {
	text, _ := v.Text()
	if d.shape == isBits {
		n, _ := parseSuffixed(text, "bit")
		return n
	}
	n, _ := parseSuffixed(text, " "+d.Unit)
	return n
}

// valid says whether a value is one of the setting.
func (d Definition) valid(v Value) bool {
	text, isText := v.Text()
	switch d.shape {
	case isCount:
		_, ok := parseSuffixed(text, " "+d.Unit)
		return ok
	case isBits:
		return bits.fits(v)
	case isSpan:
		return aSpan.fits(v)
	case isFlag:
		return aFlag.fits(v)
	case isLevel:
		return isText && slices.Contains(d.Words, text)
	default:
		list, ok := v.Words()
		for i, w := range list {
			ok = ok && slices.Contains(d.Words, w) && !slices.Contains(list[:i], w)
		}
		return ok
	}
}

// weaker says whether b protects less than a; false where there is no order.
func (d Definition) weaker(a, b Value) bool {
	textA, _ := a.Text()
	textB, _ := b.Text()
	switch d.Order {
	case More:
		return d.compare(textA, textB, a, b) > 0
	case Less:
		return d.compare(textA, textB, a, b) < 0
	case Higher:
		return slices.Index(d.Words, textB) < slices.Index(d.Words, textA)
	case True:
		return textA == "true" && textB == "false"
	case False:
		return textA == "false" && textB == "true"
	case AllOfBoth, InBoth:
		return d.losesWords(a, b)
	default:
		return false
	}
}

func (d Definition) compare(textA, textB string, a, b Value) int {
	switch d.shape {
	case isSpan:
		sa, _ := ParseSpan(textA)
		sb, _ := ParseSpan(textB)
		return int((sa.atMost() - sb.atMost()).Milliseconds())
	default:
		return int(d.number(a) - d.number(b))
	}
}

// losesWords says whether a duty was dropped, or a choice added.
func (d Definition) losesWords(a, b Value) bool {
	if d.Order == InBoth {
		a, b = b, a
	}
	had, _ := a.Words()
	has, _ := b.Words()
	return slices.ContainsFunc(had, func(w string) bool { return !slices.Contains(has, w) })
}

func (s Settings) validate(at string, e *errs.Error) {
	for _, name := range slices.Sorted(maps.Keys(s)) {
		set := s[name]
		d, ok := Define(name)
		switch {
		case !ok:
			e.At(at+"/"+string(name), "profile.setting.unknown", errs.Params{"Name": string(name)})
		case !d.valid(set.Value):
			e.At(at+"/"+string(name)+"/value", "profile.setting.value", errs.Params{"Name": string(name), "Value": set.Value.String()})
		}
	}
}
