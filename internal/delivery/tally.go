package delivery

import (
	"encoding/binary"
	"errors"
	"slices"
	"time"
)

// Tally is what the numbers of one service, or of all, are made of in one day
// or week. Durations are in microseconds and sorted.
type Tally struct {
	Days       [7]int64 // counted deployments by weekday from Monday; of a day only its own
	Failed     int64
	Rework     int64
	Unknown    int64   // counted deployments without any change data
	Impossible int64   // changes committed after their deployment
	Leads      []int64 // commit to production
	Recoveries []int64 // failed deployment to last resolution
	Restores   []int64 // incident to resolution
}

// All is the scope under which the tallies of everything are kept.
const All = "*"

// Grain is the length of a bucket.
type Grain string

// The grains of tallies.
const (
	Day  Grain = "d" // bucket 2006-01-02
	Week Grain = "w" // bucket is the week's Monday
)

// Deployments is the number of counted deployments.
func (t Tally) Deployments() int64 {
	n := int64(0)
	for _, d := range t.Days {
		n += d
	}
	return n
}

// Equal reports whether two tallies say the same.
func (t Tally) Equal(o Tally) bool {
	return t.Days == o.Days && t.Failed == o.Failed && t.Rework == o.Rework && t.Unknown == o.Unknown && t.Impossible == o.Impossible &&
		slices.Equal(t.Leads, o.Leads) && slices.Equal(t.Recoveries, o.Recoveries) && slices.Equal(t.Restores, o.Restores)
}

// Replace returns t with the part old taken out and the part new put in.
func (t Tally) Replace(old, new Tally) Tally {
	for i := range t.Days {
		t.Days[i] += new.Days[i] - old.Days[i]
	}
	t.Failed += new.Failed - old.Failed
	t.Rework += new.Rework - old.Rework
	t.Unknown += new.Unknown - old.Unknown
	t.Impossible += new.Impossible - old.Impossible
	t.Leads = exchange(t.Leads, old.Leads, new.Leads)
	t.Recoveries = exchange(t.Recoveries, old.Recoveries, new.Recoveries)
	t.Restores = exchange(t.Restores, old.Restores, new.Restores)
	return t
}

// exchange takes out of the sorted list what out holds and puts in what in
// holds; all three are sorted.
func exchange(list, out, in []int64) []int64 {
	kept := make([]int64, 0, len(list)+len(in))
	o, n := 0, 0
	for _, v := range list {
		for o < len(out) && out[o] < v {
			o++
		}
		if o < len(out) && out[o] == v {
			o++
			continue
		}
		for n < len(in) && in[n] <= v {
			kept = append(kept, in[n])
			n++
		}
		kept = append(kept, v)
	}
	return append(kept, in[n:]...)
}

// tallyForm is the first byte of an encoded tally.
const tallyForm = 1

var errTally = errors.New("tally is damaged")

// Encode is the form in which the store keeps a tally.
func (t Tally) Encode() []byte {
	b := make([]byte, 0, 32+4*len(t.Leads)+5*len(t.Recoveries)+5*len(t.Restores))
	b = append(b, tallyForm)
	for _, d := range t.Days {
		b = binary.AppendUvarint(b, uint64(d))
	}
	for _, n := range []int64{t.Failed, t.Rework, t.Unknown, t.Impossible} {
		b = binary.AppendUvarint(b, uint64(n))
	}
	for _, list := range [][]int64{t.Leads, t.Recoveries, t.Restores} {
		b = binary.AppendUvarint(b, uint64(len(list)))
		last := int64(0)
		for _, v := range list {
			b = binary.AppendUvarint(b, uint64(v-last))
			last = v
		}
	}
	return b
}

// DecodeTally reads what Encode wrote.
func DecodeTally(b []byte) (Tally, error) {
	var t Tally
	if len(b) == 0 || b[0] != tallyForm {
		return t, errTally
	}
	d := decoder{b: b[1:]}
	for i := range t.Days {
		t.Days[i] = d.int()
	}
	for _, n := range []*int64{&t.Failed, &t.Rework, &t.Unknown, &t.Impossible} {
		*n = d.int()
	}
	for _, list := range []*[]int64{&t.Leads, &t.Recoveries, &t.Restores} {
		*list = d.list()
	}
	if d.bad || len(d.b) > 0 {
		return Tally{}, errTally
	}
	return t, nil
}

type decoder struct {
	b   []byte
	bad bool
}

func (d *decoder) int() int64 {
	v, n := binary.Uvarint(d.b)
	if n <= 0 {
		d.bad, d.b = true, nil
		return 0
	}
	d.b = d.b[n:]
	return int64(v)
}

func (d *decoder) list() []int64 {
	n := d.int()
	if n <= 0 || n > int64(len(d.b)) { // each value takes a byte at least
		d.bad = d.bad || n != 0
		return nil
	}
	out := make([]int64, n)
	last := int64(0)
	for i := range out {
		last += d.int()
		out[i] = last
	}
	return out
}

// dateOf is the date of a moment in zone, as midnight UTC.
func dateOf(at time.Time, zone *time.Location) time.Time {
	y, m, d := at.In(zone).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// mondayOf is the Monday on or before a date.
func mondayOf(day time.Time) time.Time {
	return day.AddDate(0, 0, -weekday(day))
}

// weekday counts from Monday, 0.
func weekday(day time.Time) int { return (int(day.Weekday()) + 6) % 7 }
