// Package quota knows what teams may have at most.
package quota

// Usage is what one team has of one quota. Owner is a group reference.
type Usage struct {
	Quota   string `json:"quota"`
	Owner   string `json:"owner"`
	Used    int64  `json:"used"`
	Allowed int64  `json:"limit"`
}

var defaults = map[string]int64{"environments": 10}

// Default is what a team may have of a quota before anyone sets it: 10
// environments; 100 of anything else.
func Default(name string) int64 {
	if n, ok := defaults[name]; ok {
		return n
	}
	return 100
}
