package ui

import "strconv"

// fanRow is the height of one node of a Fan with its gap; css/parts.css has the same.
const fanRow = 44

func fanHeight(rows int) string { return strconv.Itoa(max(rows, 1) * fanRow) }

// fanCurve is the line between node i of n and the middle.
func fanCurve(i, n, rows int, left bool) string {
	middle := float64(max(rows, 1)*fanRow) / 2
	y := middle + (float64(i)-float64(n-1)/2)*fanRow
	from, to := coord(y), coord(middle)
	if !left {
		from, to = to, from
	}
	return "M0 " + from + "C50 " + from + " 50 " + to + " 100 " + to
}
