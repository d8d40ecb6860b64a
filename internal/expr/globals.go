package expr

import "errors"

// globals are the functions that every template has.
var globals = map[string]any{
	"range":  callable(rangeOf),
	"cycler": callable(cycler),
	"joiner": callable(joiner),
}

// rangeOf is range(to), range(from, to) or range(from, to, step).
func rangeOf(m *machine, c call) (any, error) {
	from, to, step := 0, c.int(0, "", 0), 1
	if len(c.args) > 1 {
		from, to = c.int(0, "", 0), c.int(1, "", 0)
	}
	if len(c.args) > 2 {
		step = c.int(2, "", 1)
	}
	if step == 0 {
		return nil, errors.New("range cannot step by 0")
	}
	n := max(0, (to-from+step-sign(step))/step)
	if n > m.t.opts.Limits.Steps {
		return nil, errors.New("this range is too long")
	}
	if err := m.spend(c.at, n*8); err != nil {
		return nil, err
	}
	out := make([]any, n)
	for i := range out {
		out[i] = float64(from + i*step)
	}
	return out, nil
}

func sign(n int) int {
	if n < 0 {
		return -1
	}
	return 1
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
