package expr

import (
	"errors"
	"math"
	"math/big"
	"strconv"
	"strings"
)

var numberMethods = map[string]func(n float64, c call) (any, error){
	"toFixed": toFixed, "toExponential": toExponential, "toPrecision": toPrecision, "toString": toBase,
}

var errDigits = errors.New("0 to 100 digits are possible")

// toFixed rounds what lies exactly in the middle away from zero.
func toFixed(n float64, c call) (any, error) {
	digits := c.int(0, "", 0)
	if digits < 0 || digits > 100 {
		return nil, errDigits
	}
	if math.IsNaN(n) || math.Abs(n) >= 1e21 {
		return numberText(n), nil
	}
	return new(big.Rat).SetFloat64(n).FloatString(digits), nil
}

func toExponential(n float64, c call) (any, error) {
	digits := c.int(0, "", -1)
	if digits < -1 || digits > 100 {
		return nil, errDigits
	}
	if math.IsNaN(n) || math.IsInf(n, 0) {
		return numberText(n), nil
	}
	return exponent(strconv.FormatFloat(n, 'e', digits, 64)), nil
}

func toPrecision(n float64, c call) (any, error) {
	if !c.has(0, "") || math.IsNaN(n) || math.IsInf(n, 0) {
		return numberText(n), nil
	}
	digits := c.int(0, "", 0)
	if digits < 1 || digits > 100 {
		return nil, errDigits
	}
	s := strconv.FormatFloat(n, 'e', digits-1, 64)
	_, power, _ := strings.Cut(s, "e")
	p, err := strconv.Atoi(power)
	if err != nil || p < -6 || p >= digits {
		return exponent(s), err
	}
	return strconv.FormatFloat(n, 'f', digits-1-p, 64), nil
}

// toBase writes a number to a base; a fraction to at most 52 places.
func toBase(n float64, c call) (any, error) {
	base := c.int(0, "", 10)
	if base < 2 || base > 36 {
		return nil, errors.New("a base of 2 to 36 is possible")
	}
	if base == 10 || math.IsNaN(n) || math.Abs(n) >= 1<<53 {
		return numberText(n), nil
	}
	whole, part := math.Modf(math.Abs(n))
	s := strconv.FormatInt(int64(whole), base)
	if part > 0 {
		s += "."
	}
	for i := 0; part > 0 && i < 52; i++ {
		whole, part = math.Modf(part * float64(base))
		s += strconv.FormatInt(int64(whole), base)
	}
	if n < 0 {
		s = "-" + s
	}
	return s, nil
}
