package commit

import (
	"context"
	"errors"
	"testing"

	"garant.example/internal/db"
)

// memory is a store whose transactions do nothing; tests say what fails.
type memory struct {
	begin, commit func() error
	outcome       func(i int, err error) Outcome
	later         func()
	begun, rolled int
	after         int
}

func (m *memory) Begin() error {
	m.begun++
	if m.begin != nil {
		return m.begin()
	}
	return nil
}

func (m *memory) Change(i int, _ context.Context, change func(db.Tx) error, _ *Group) Outcome {
	err := Protect(func() error { return change(nil) })
	if m.outcome != nil {
		return m.outcome(i, err)
	}
	return Outcome{Err: err, Dirty: true}
}

func (m *memory) Finish(finish func(db.Tx) error, _ *Group) error { return finish(nil) }

func (m *memory) Commit() error {
	if m.commit != nil {
		return m.commit()
	}
	return nil
}

func (m *memory) Rollback() { m.rolled++ }

func (m *memory) After() {
	if m.after++; m.later != nil {
		m.later()
	}
}

func start(t *testing.T, m *memory) *Loop {
	l := Start(m)
	t.Cleanup(func() { l.Close() })
	return l
}

func nothing(db.Tx) error { return nil }

func TestRetryIsBounded(t *testing.T) {
	m := &memory{commit: func() error { return &Retry{errors.New("deadlock")} }}
	l := start(t, m)
	if err := l.Write(t.Context(), nothing); !errors.Is(err, db.ErrUnavailable) {
		t.Errorf("got %v", err)
	}
	if m.begun != 2*maxReruns || m.rolled != m.begun {
		t.Errorf("begun %d times, undone %d times", m.begun, m.rolled)
	}
}

func TestRetryEnds(t *testing.T) {
	left := 3
	m := &memory{commit: func() error {
		if left--; left >= 0 {
			return &Retry{errors.New("deadlock")}
		}
		return nil
	}}
	l := start(t, m)
	if err := l.Write(t.Context(), nothing); err != nil {
		t.Error(err)
	}
	if s := l.Stats(); s.Groups != 1 || s.Changes != 1 || s.Reruns != 3 {
		t.Errorf("counted %+v", s)
	}
}

func TestErrorsOfTheStore(t *testing.T) {
	mine := errors.New("mine")
	for name, m := range map[string]*memory{
		"begin":        {begin: func() error { return mine }},
		"commit":       {commit: func() error { return mine }},
		"grave":        {outcome: func(int, error) Outcome { return Outcome{Err: mine, Grave: true} }},
		"blame":        {outcome: func(i int, _ error) Outcome { return Outcome{Err: &Blame{i, mine}, Dirty: true} }},
		"blame nobody": {commit: func() error { return &Blame{-1, mine} }},
	} {
		if err := start(t, m).Write(t.Context(), nothing); !errors.Is(err, mine) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestAlone(t *testing.T) {
	m := &memory{}
	l := start(t, m)
	mine := errors.New("mine")
	if err := l.Alone(func() error { return mine }); !errors.Is(err, mine) {
		t.Errorf("got %v", err)
	}
	if err := l.Alone(func() error { panic("on purpose") }); !errors.Is(err, db.ErrPanic) {
		t.Errorf("got %v", err)
	}
	if m.begun != 0 {
		t.Error("a transaction for what wants none")
	}
	l.Close()
	if err := l.Alone(func() error { return nil }); !errors.Is(err, db.ErrClosed) {
		t.Errorf("got %v", err)
	}
}

// panicky is a finisher that panics when it is told.
type panicky struct{}

func (panicky) Finish(db.Tx) error { return nil }
func (panicky) Done(bool)          { panic("on purpose") }

func TestPanicInDone(t *testing.T) {
	var g Group
	told := false
	g.Join(1, func() db.Finisher { return panicky{} })
	g.Join(2, func() db.Finisher { return teller{&told} })
	g.done(true)
	if !told {
		t.Error("the second finisher heard nothing")
	}
}

type teller struct{ told *bool }

func (teller) Finish(db.Tx) error  { return nil }
func (t teller) Done(durable bool) { *t.told = durable }
