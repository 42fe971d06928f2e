package keys

// Template returns what every key made here is made for: the cipher that seals and
// wraps, and the length of the key in bits. A setting or a promise about keys is
// held against it; it does not change while the program runs.
func Template() (a Algorithm, bits int) { return AES256GCM, 8 * keyBytes }
