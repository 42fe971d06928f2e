// Wordlist makes internal/identity/strength/words/fr.txt.gz: French words in the
// order of their frequency, an empty line, and French names, one a line, folded as
// package strength folds passwords.
//
//	npm pack @zxcvbn-ts/language-fr@4.1.2
//	tar xzf zxcvbn-ts-language-fr-4.1.2.tgz
//	go run ./tools/wordlist -out internal/identity/strength/words/fr.txt.gz \
//	    package/src/commonWords.json package/src/firstnames.json package/src/lastnames.json
//
// The first file holds words in their order; the others names in any order. The
// same files give the same bytes.
package main
