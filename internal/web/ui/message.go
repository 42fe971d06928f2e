package ui

// Notice tells what just happened, at the head of a page.
type Notice struct {
	Tone  Tone // Success, Warning, Danger or Info
	Title string
	Text  string
	Link  Link
}

func (t Tone) icon() Icon {
	switch t {
	case Success:
		return IconCheckCircle
	case Warning:
		return IconAlert
	case Danger:
		return IconAlertOctagon
	}
	return IconInfo
}

func (t Tone) word(l Lang) string {
	switch t {
	case Success:
		return l.words().Success
	case Warning, Danger:
		return l.words().Warning
	}
	return l.words().Info
}

// role interrupts only for what went well or wrong just now.
func (t Tone) role() string {
	if t == Success || t == Danger {
		return "alert"
	}
	return "region"
}

// Empty is what a list shows when it has nothing, and what to do about it.
type Empty struct {
	Icon   Icon
	Title  string
	Text   string
	Action LinkButton
}
