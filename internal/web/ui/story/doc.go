// Package story shows every component of package ui with sample data, in French
// and in English, as whole pages. "garant preview" serves them; the tests render
// them all and check what no single page can promise: labels, names, headings,
// no inline style. The sample data names no real person or company.
//
// Stories are values made anew by each call; they return no errors.
package story
