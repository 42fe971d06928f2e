// Package demo fills a data folder with a platform worth looking at: the operator,
// one tenant for each profile with people who look real, their canaries, accounts
// for every role, and a stand-in for a provider's cloud. Everything it makes goes
// through the same verbs as anybody's data; nobody in it exists.
//
// What it makes is the same each time (a fixed seed), so that a page shown today
// looks like the page shown tomorrow.
package demo
