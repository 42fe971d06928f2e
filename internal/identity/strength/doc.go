// Package strength says how hard a password is to guess, for those who set one.
//
// # Words
//
// A Meter measures. The score runs from 0 (guessed at once) to 4 (not guessed by a
// machine that tries ten thousand a second for years), in the steps of zxcvbn: each
// stands for a hundred times the work of the one before. A Weakness is why a
// password is easy, in a word that can be said to its owner without repeating any
// part of it. Own words are what the person, the tenant and its hosts are called.
//
// # How
//
// The password is taken apart into what people build passwords from: words of
// French and English, names, leaked passwords and own words, each also backwards
// and with digits for letters; rows of a keyboard (AZERTY and QWERTY), runs and
// repeats; years and dates. Accents do not count, as they do not to a guesser. The
// cheapest way to put the whole together is its strength; package scoring of
// zxcvbn-go finds it. The matchers are ours because those of zxcvbn-go read a
// megabyte of lists at every start of the program and take a time that grows with
// the cube of the length.
//
// # Promises
//
// Nothing is read before the first measurement (some 40 ms, once per Meter, about
// 10 MB kept), and a measurement looks at no more than the first 100 characters,
// so that nobody makes it slow. It returns no error and keeps nothing of what it
// measured. A Meter is safe for concurrent use.
//
// # Sources
//
// D. L. Wheeler, "zxcvbn: Low-Budget Password Strength Estimation", USENIX Security
// 2016. The lists: words/README.md.
package strength
