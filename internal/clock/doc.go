// Package clock gives the time in. No other package asks the system what time
// it is (law 7: what ends, ends by the clock), so that a test, a drill or a
// demo folder can live at another date.
package clock
