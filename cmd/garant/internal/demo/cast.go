package demo

import (
	"garant.example/internal/id"
	"garant.example/internal/tenant"
)

// cast is the tenants of the demo: one for each profile, and beside them the
// canaries on which controls act. Civic engagement has a canary in every country
// that its profile maps, because its promises speak of each.
func cast() []tenant.Opening {
	shown := func(slug id.Name, title, country, lang string, profile id.Name) tenant.Opening {
		return tenant.Opening{Slug: slug, Title: title, Country: country, Lang: lang, Profile: profile, Hosts: []string{string(slug) + ".localhost"}}
	}
	canary := func(slug id.Name, country string, profile id.Name) tenant.Opening {
		o := shown(slug, "Canary "+country+" ("+string(profile)+")", country, "en", profile)
		o.Canary = true
		return o
	}
	return []tenant.Opening{
		shown("montfleur", "Ville de Montfleur", "CA", "fr", "civic-engagement"),
		shown("academy", "Fjord Academy", "AU", "en", "digital-training"),
		shown("verdier", "Maison Verdier", "FR", "fr", "experimentation"),
		shown("deux-rives", "Mutuelle des Deux Rives", "US", "fr", "insurance"),
		shown("boreale", "Coopérative Boréale", "CA", "fr", "back-office"),
		canary("canary-civic", "CA", "civic-engagement"),
		canary("canary-civic-au", "AU", "civic-engagement"),
		canary("canary-civic-gb", "GB", "civic-engagement"),
		canary("canary-civic-nz", "NZ", "civic-engagement"),
		canary("canary-civic-us", "US", "civic-engagement"),
		canary("canary-training", "AU", "digital-training"),
		canary("canary-experiment", "FR", "experimentation"),
		canary("canary-insurance", "US", "insurance"),
		canary("canary-office", "CA", "back-office"),
	}
}
