package config

import (
	"strconv"

	"garant.example/internal/errs"
)

// mistake is one thing that is wrong with one setting.
type mistake struct {
	path   string // of the setting
	key    string // message key
	fix    string // message key of the next step, for a lone mistake
	params errs.Params
}

// mistakes are gathered, so that one start tells them all.
type mistakes []mistake

func (m *mistakes) add(path, key, fix string, params errs.Params) {
	if params == nil {
		params = errs.Params{}
	}
	params["setting"] = path
	*m = append(*m, mistake{path, key, fix, params})
}

// maxMistakes keeps a wrong file (an image, say) from filling a screen.
const maxMistakes = 50

// err is nil, the one mistake, or all of them as fields of one error.
func (m mistakes) err() error {
	if len(m) == 0 {
		return nil
	}
	if len(m) == 1 {
		e := errs.New(errs.Config, m[0].key).At(m[0].path, m[0].key, m[0].params)
		e.Params, e.Fix = m[0].params, m[0].fix
		return e
	}
	e := errs.New(errs.Config, "config.invalid").With("number", strconv.Itoa(len(m))).Do("config.invalid.fix")
	for i, one := range m {
		if i == maxMistakes {
			break
		}
		e.At(one.path, one.key, one.params)
	}
	return e
}
