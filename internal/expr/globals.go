package expr

import (
	"errors"
	"math"
)

// globals are the functions that every template has.
var globals = map[string]any{
	"range":  callable(rangeOf),
	"cycler": callable(cycler),
	"joiner": callable(joiner),
}

// rangeOf is range(to), range(from, to) or range(from, to, step).
func rangeOf(m *machine, c call) (any, error) {
	parts := [3]float64{0, 0, 1}
	for i, a := range c.args[:min(len(c.args), 3)] {
		n, ok := toNumber(a)
		if !ok || math.IsNaN(n) || math.IsInf(n, 0) {
			return nil, errors.New("range needs numbers")
		}
		parts[i] = n
	}
	from, to, step := parts[0], parts[1], parts[2]
	if len(c.args) == 1 {
		from, to = 0, parts[0]
	}
	if step == 0 {
		return nil, errors.New("range cannot step by 0")
	}
	n := max(0, math.Ceil((to-from)/step))
	if n > float64(m.t.opts.Limits.Steps) {
		return nil, errors.New("this range is too long")
	}
	if err := m.spend(c.at, int(n)*16); err != nil {
		return nil, err
	}
	out := make([]any, int(n))
	for i := range out {
		out[i] = from + float64(i)*step
	}
	return out, nil
}

// cycler gives its arguments one after the other, over and over.
func cycler(_ *machine, c call) (any, error) {
	if len(c.args) == 0 {
		return nil, errors.New("cycler needs values")
	}
	i := 0
	self := map[string]any{"current": nil}
	self["next"] = callable(func(*machine, call) (any, error) {
		v := c.args[i%len(c.args)]
		i++
		self["current"] = v
		return v, nil
	})
	self["reset"] = callable(func(*machine, call) (any, error) {
		i, self["current"] = 0, nil
		return "", nil
	})
	return self, nil
}

// joiner gives nothing the first time and its argument ever after.
func joiner(_ *machine, c call) (any, error) {
	by, used := c.text(0, "sep", ","), false
	return callable(func(*machine, call) (any, error) {
		if used {
			return by, nil
		}
		used = true
		return "", nil
	}), nil
}
