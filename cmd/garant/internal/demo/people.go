package demo

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"golang.org/x/text/runes"
	"golang.org/x/text/transform"
	"golang.org/x/text/unicode/norm"

	"unicode"
)

// person is somebody who does not exist.
type person struct {
	first, last, email, phone, street, city, postal, lang string
	birth                                                 int
}

// The names are common ones of several countries, joined at random.
func firstNames() []string {
	return strings.Fields("Inès Léa Zoé Maëlle Camille Noémie Chloé Aïcha Fatou Élodie Marguerite Solène Anaïs Jeanne Lucie Salomé " +
		"Hugo Théo Mathis Étienne Raphaël Loïc Youssef Kévin François Benoît Gaël Émile Antoine Olivier Jérôme Cédric " +
		"Emma Olivia Ava Grace Harper Mia Ruby Isla Freya Aroha Ngaire Liam Noah Jack Oliver Ethan Kiri Tama Priya Arjun Mei Wei Sofia Mateo Nadia Omar")
}

func lastNames() []string {
	return strings.Split("Calvet,Lefèvre,Gagné,Tremblay,Bouchard,Côté,Pelletier,Lévesque,Bergeron,Morin,Girard,Moreau,Fournier,Rousseau,Vidal,Garnier,"+
		"Benali,Diallo,N’Diaye,Nguyễn,Kowalski,Schmidt,Rossi,García,O’Brien,Murphy,Walker,Wright,Hughes,Patel,Singh,Chen,Wilson,Taylor,Campbell,Ngata,Parata,Brown,Thomson,Beaulieu", ",")
}

type town struct{ name, postal, street string }

func towns(country string) []town {
	switch country {
	case "CA":
		return []town{{"Québec", "G1R 2S5", "rue Saint-Jean"}, {"Lévis", "G6V 4Z2", "avenue Bégin"}, {"Montréal", "H2X 1Y4", "rue Saint-Denis"}, {"Gatineau", "J8X 2K1", "rue Montcalm"}, {"Calgary", "T2P 1J9", "8 Avenue SW"}}
	case "AU":
		return []town{{"Newcastle", "2300", "Hunter Street"}, {"Wollongong", "2500", "Crown Street"}, {"Parramatta", "2150", "Church Street"}}
	case "NZ":
		return []town{{"Nelson", "7010", "Trafalgar Street"}, {"Whanganui", "4500", "Victoria Avenue"}}
	case "GB":
		return []town{{"Bristol", "BS1 4ST", "Park Street"}, {"Leeds", "LS1 5DL", "Briggate"}}
	case "US":
		return []town{{"Oakland", "94612", "Broadway"}, {"Sacramento", "95814", "K Street"}}
	default:
		return []town{{"Nantes", "44000", "rue Crébillon"}, {"Grenoble", "38000", "cours Jean-Jaurès"}, {"Rennes", "35000", "rue Le Bastard"}, {"Lyon", "69002", "rue Mercière"}}
	}
}

func pick[T any](r *rand.Rand, list []T) T { return list[r.IntN(len(list))] }

// newPerson makes somebody who lives in a country. n makes the address unique.
func newPerson(r *rand.Rand, country string, n int) person {
	p := person{first: pick(r, firstNames()), last: pick(r, lastNames()), birth: 1942 + r.IntN(64), lang: "en"}
	at := pick(r, towns(country))
	p.city, p.postal, p.street = at.name, at.postal, fmt.Sprintf("%d %s", 1+r.IntN(240), at.street)
	if country == "FR" || country == "CA" && r.IntN(4) > 0 {
		p.lang = "fr"
	}
	p.email = fmt.Sprintf("%s.%s%d@%s", ascii(p.first), ascii(p.last), n, pick(r, []string{"example.org", "example.com", "example.net"}))
	p.phone = phone(r, country)
	return p
}

// phone uses the ranges that are kept for fiction where a country has them.
func phone(r *rand.Rand, country string) string {
	switch country {
	case "CA", "US":
		return fmt.Sprintf("+1418555%04d", 100+r.IntN(100))
	case "AU":
		return fmt.Sprintf("+6149157%04d", r.IntN(10000))
	case "GB":
		return fmt.Sprintf("+447700900%03d", r.IntN(1000))
	case "NZ":
		return fmt.Sprintf("+6421555%04d", r.IntN(10000))
	default:
		return fmt.Sprintf("+3363998%04d", r.IntN(10000))
	}
}

func ascii(s string) string {
	plain, _, err := transform.String(transform.Chain(norm.NFD, runes.Remove(runes.In(unicode.Mn))), s)
	if err != nil {
		return "x"
	}
	return strings.Map(func(c rune) rune {
		switch {
		case c >= 'a' && c <= 'z' || c >= '0' && c <= '9':
			return c
		case c >= 'A' && c <= 'Z':
			return c + 'a' - 'A'
		default:
			return -1
		}
	}, plain)
}
