// Package i18n puts every sentence that a person can see into French and into
// English, equally complete (law 9), and writes numbers, dates, durations and
// sizes as each language writes them.
//
// # Words
//
// A message has a key ("vault.record.not_found"), whose first part names the
// domain and the file it stands in: locales/en/vault.json, locales/fr/vault.json.
// A file is one flat JSON object. A value is a sentence, or an object of plural
// forms {"one": …, "other": …}. A placeholder is a name in braces: "{count}"; case counts.
// In a message with plural forms the number is always {count}.
//
//	{
//	  "vault.record.not_found": "There is no such record.",
//	  "vault.import.done": {"one": "{count} row was imported.", "other": "{count} rows were imported."}
//	}
//
// French files are written with plain spaces; Load puts the unbreakable ones
// where French typography wants them (before : ; ! ? % and inside « »).
//
// # Use
//
// The composition root calls Load once. An edge takes a Printer per request and
// asks it: p.T("vault.record.not_found"), p.N("vault.import.done", n, nil),
// p.DateTime(t). Parameters are plain Go values: numbers, times and durations
// are written in the printer's language, so callers never format beforehand. A
// number that is a name (a year, a port) is handed over as a string.
//
// # Invariants
//
// Both languages have the same keys, the same placeholders and complete plural
// forms, no value is empty, no key is unused, and every key that code names
// exists: catalog_test.go proves each by walking the source. A key that is
// missing all the same shows as ⟦key⟧ and a parameter as ⟦name⟧, so that nobody
// takes a hole for a sentence.
//
// Sources: CLDR plural rules (through go-i18n); Lexique des règles
// typographiques en usage à l'Imprimerie nationale for spaces and dates.
//
// Load returns an error for a file that breaks these rules, and the start is refused
// with it. Catalog does not change afterwards and is safe for concurrent use; a
// Printer belongs to one request.
package i18n
