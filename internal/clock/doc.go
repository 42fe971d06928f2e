// Package clock gives the time in. No other package asks the system what time
// it is (law 7: what ends, ends by the clock), so that a test, a drill or a
// demo folder can live at another date.
//
// System is the machine's clock, Fake one that a test moves. Both are safe for
// concurrent use, tell UTC, and never fail. What is stored is microseconds since
// 1970 (Micros).
package clock
