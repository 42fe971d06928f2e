package blindindex

import "math"

// Refusal is why a field must not have a blind index.
type Refusal string

// The refusals. Empty means that nothing speaks against it.
const (
	Fine        Refusal = ""
	Enumeration Refusal = "enumeration"  // the profile lists the values
	Boolean     Refusal = "boolean"      // two values
	Calendar    Refusal = "calendar"     // a date or a year: some 44,000 days in a life
	SmallDomain Refusal = "small_domain" // fewer than MinDomain values can be written
	TooFew      Refusal = "too_few"      // the data holds few distinct values
	TooFrequent Refusal = "too_frequent" // one value is so frequent that its tag is known at sight
)

// MinDomain is how many values a field must be able to take: 2^20, about a million.
// Dates, postcodes and four-digit numbers stay out; telephone numbers, addresses
// and numbers of ten digits come in.
const MinDomain = 1 << 20

// Domain is what a profile declares of a field.
type Domain struct {
	Enum     int  // listed values; 0 for none
	Boolean  bool // true or false
	Calendar bool // a date, a month, a year
	Digits   int  // numbers and digit strings: the most digits; 0 when not such a field
	Alphabet int  // other text: how many characters may stand in a place; 0 for any
	Length   int  // other text: the most characters; 0 for no bound
	Min, Max int64
	Bounded  bool // Min and Max hold
}

// Check refuses a field whose values can be counted off.
func (d Domain) Check() Refusal {
	switch {
	case d.Enum > 0:
		return Enumeration
	case d.Boolean:
		return Boolean
	case d.Calendar:
		return Calendar
	case d.size() < MinDomain:
		return SmallDomain
	}
	return Fine
}

// size is how many values can be written.
func (d Domain) size() float64 {
	size := math.Inf(1)
	if d.Bounded {
		size = math.Min(size, math.Max(0, float64(d.Max)-float64(d.Min)+1))
	}
	if d.Digits > 0 {
		size = math.Min(size, math.Pow(10, float64(d.Digits)))
	}
	if d.Length > 0 {
		alphabet := d.Alphabet
		if alphabet == 0 {
			alphabet = 30 // letters of one language: what people write, not what Unicode has
		}
		size = math.Min(size, math.Pow(float64(alphabet), float64(d.Length)))
	}
	return size
}

// Measured is what the data turned out to be like.
type Measured struct {
	Rows     int64 // rows that have a value
	Distinct int64 // distinct tags
	Largest  int64 // rows of the most frequent tag
}

const (
	minRows     = 500 // below, shares say nothing
	minDistinct = 100 // one distinct value per so many rows at least
	mostShare   = 20  // one value may be a twentieth of the rows
)

// Check refuses an index that gives its values away by their frequency.
func (m Measured) Check() Refusal {
	switch {
	case m.Rows < minRows:
		return Fine
	case m.Distinct*minDistinct < m.Rows:
		return TooFew
	case m.Largest*mostShare > m.Rows:
		return TooFrequent
	}
	return Fine
}
