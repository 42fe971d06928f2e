package ui

import "strings"

// Status is the state of a promise as a reader sees it. The set is closed.
type Status int

// The states of a promise. The zero value is Unknown, so that a status nobody
// set is never shown as kept.
const (
	Unknown Status = iota
	Kept
	Failing
	Stale
	Exception
	Planned
	Withdrawn
)

// Statuses lists every status, in the order of a legend.
func Statuses() []Status {
	return []Status{Kept, Failing, Stale, Unknown, Exception, Planned, Withdrawn}
}

// StatusOf reads the name of a status as it is stored ("kept", "failing", …).
// A name it does not know is Unknown.
func StatusOf(name string) Status {
	for _, s := range Statuses() {
		if s.Name() == name {
			return s
		}
	}
	return Unknown
}

// Name is the stable name of the status, used in class names and data.
func (s Status) Name() string {
	switch s {
	case Kept:
		return "kept"
	case Failing:
		return "failing"
	case Stale:
		return "stale"
	case Exception:
		return "exception"
	case Planned:
		return "planned"
	case Withdrawn:
		return "withdrawn"
	}
	return "unknown"
}

// Word is the status in a language, as the badge shows it.
func (s Status) Word(l Lang) string {
	if l == French {
		return s.french()
	}
	switch s {
	case Kept:
		return "Kept"
	case Failing:
		return "Failing"
	case Stale:
		return "Stale"
	case Exception:
		return "Exception"
	case Planned:
		return "Planned"
	case Withdrawn:
		return "Withdrawn"
	}
	return "Unknown"
}

func (s Status) french() string {
	switch s {
	case Kept:
		return "Tenue"
	case Failing:
		return "En défaut"
	case Stale:
		return "Périmée"
	case Exception:
		return "Exception"
	case Planned:
		return "À venir"
	case Withdrawn:
		return "Retirée"
	}
	return "Inconnue"
}

// Words is the status after a number of promises: "10 kept", « 10 tenues ».
func (s Status) Words(l Lang, n int) string {
	if l != French {
		if s == Exception && n != 1 {
			return "exceptions"
		}
		return strings.ToLower(s.Word(l))
	}
	word := strings.ToLower(s.french())
	if n < 2 || s == Failing || s == Planned { // zero is singular in French
		return word
	}
	return word + "s"
}

// Letter marks the status in a cell of the promise map. Letters differ from
// each other within a language.
func (s Status) Letter(l Lang) string {
	if l == French && s == Failing {
		return "D" // « défaut »: E is the exception's
	}
	if l == French && s == Planned {
		return "A"
	}
	return s.Word(l)[:1]
}

// Icon is the picture of the status; each has its own outline.
func (s Status) Icon() Icon {
	switch s {
	case Kept:
		return IconCheckCircle
	case Failing:
		return IconAlertOctagon
	case Stale:
		return IconHourglass
	case Exception:
		return IconFlag
	case Planned:
		return IconCalendar
	case Withdrawn:
		return IconSlashCircle
	}
	return IconQuestion
}
