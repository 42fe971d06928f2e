// Breachlist makes internal/identity/breached/list.bin: the sorted first eight
// bytes of the SHA-256 of every known password and common French word.
//
//	npm pack @zxcvbn-ts/language-common@4.1.3 @zxcvbn-ts/language-fr@4.1.2
//	mkdir common fr
//	tar xzf zxcvbn-ts-language-common-4.1.3.tgz -C common
//	tar xzf zxcvbn-ts-language-fr-4.1.2.tgz -C fr
//	go run ./tools/breachlist -out internal/identity/breached/list.bin \
//	    common/package/src/passwords.json fr/package/src/commonWords.json \
//	    fr/package/src/firstnames.json fr/package/src/lastnames.json
//
// The same files give the same bytes.
package main
