// Package browser looks at pages as people meet them: in a real Chromium, at the
// widths of a phone, a tablet and a desk, light and dark, with a keyboard.
//
// Audit opens every page given and answers what is wrong with it: rules of
// WCAG 2.2 A and AA (axe-core), content wider than the screen, a keyboard trap, a focus that cannot be seen, an error in the
// console (a violated Content-Security-Policy is one), a request that leaves the
// machine, and a status that was not expected.
//
// A test that needs it is called TestBrowser…, which the stage "browser" of
// ./test runs and the stage "unit" leaves out. Chromium, Node and the two
// packages of package-lock.json are installed by ./test; what is missing fails.
package browser
