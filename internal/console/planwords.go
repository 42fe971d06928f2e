package console

import (
	"strings"

	"garant.example/internal/id"
	"garant.example/internal/profile"
)

// changeWords is a change of a plan, with things called as they are called
// elsewhere: settings and their values, countries, regions, collections.
func (v *visit) changeWords(c profile.Change, from, to *profile.Profile) string {
	if from == nil {
		from = &profile.Profile{}
	}
	switch c.Area {
	case profile.AreaSetting:
		name := profile.SettingName(c.Name)
		c.Name, c.From, c.To = v.setting(name), v.declaredValue(from.Settings, name), v.declaredValue(to.Settings, name)
	case profile.AreaResidency:
		c.Name, c.From, c.To = v.country(c.Name), v.regionName(c.From), v.regionName(c.To)
	default:
		if _, part, _ := strings.Cut(c.Name, "/"); part == "retention" && c.Area == profile.AreaCollection {
			c.From, c.To = v.spanText(c.From), v.spanText(c.To)
		}
		name := v.thing(c, to)
		if name == c.Name {
			name = v.thing(c, from) // it is declared no more
		}
		c.Name = name
	}
	return c.In(v.say)
}

// declaredValue is a setting of one side of a plan in words.
func (v *visit) declaredValue(s profile.Settings, name profile.SettingName) string {
	set, ok := s[name]
	if !ok {
		return ""
	}
	text := v.settingValue(name, set)
	if set.Planned {
		text += " (" + v.t("setting.planned") + ")"
	}
	return text
}

func (v *visit) regionName(name string) string {
	if r, ok := v.c.Tenants.Region(id.Name(name)); ok {
		return r.Title.In(v.say.Lang())
	}
	return name
}

func (v *visit) spanText(text string) string {
	if s, err := profile.ParseSpan(text); err == nil {
		return v.span(s)
	}
	return text
}

// thing is the title of what a change is of; its name where it has no title.
func (v *visit) thing(c profile.Change, p *profile.Profile) string {
	lang := v.say.Lang()
	head, part, within := strings.Cut(c.Name, "/")
	switch c.Area {
	case profile.AreaClass:
		if x, ok := p.Class(id.Name(head)); ok {
			return x.Title.In(lang)
		}
	case profile.AreaRole:
		if x, ok := p.Role(id.Name(head)); ok {
			return x.Title.In(lang)
		}
	default:
		k, ok := p.Declared(id.Name(head))
		if !ok {
			return c.Name
		}
		if !within {
			return k.Title.In(lang)
		}
		return k.Title.In(lang) + " / " + v.partOf(c.Area, k, part)
	}
	return c.Name
}

// partOf is the title of what is within a collection.
func (v *visit) partOf(area profile.Area, k profile.Collection, part string) string {
	lang := v.say.Lang()
	switch area {
	case profile.AreaCollection:
		if part == "retention" {
			return v.t("column.retention")
		}
	case profile.AreaField:
		if f, ok := k.Field(id.Name(part)); ok {
			return f.Title.In(lang)
		}
	case profile.AreaPurpose:
		for _, x := range k.Purposes {
			if string(x.Name) == part {
				return x.Title.In(lang)
			}
		}
	case profile.AreaState:
		if k.Life != nil {
			for _, x := range k.Life.States {
				if string(x.Name) == part {
					return x.Title.In(lang)
				}
			}
		}
	}
	return part
}
