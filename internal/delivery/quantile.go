package delivery

// quantile is the q-quantile of values with linear interpolation between the
// neighbours, so that the median of 10, 20, 30, 100 is 25. It reorders values;
// ok is false when there are none.
func quantile(values []int64, q float64) (v float64, ok bool) {
	if len(values) == 0 {
		return 0, false
	}
	rank := q * float64(len(values)-1)
	k := int(rank)
	low := selectNth(values, k)
	if k+1 >= len(values) || float64(k) == rank {
		return float64(low), true
	}
	high := values[k+1]
	for _, x := range values[k+2:] {
		high = min(high, x)
	}
	return float64(low) + (rank-float64(k))*float64(high-low), true
}

// selectNth moves the k-th smallest value to its place, smaller ones before
// and greater ones behind it, and returns it.
func selectNth(v []int64, k int) int64 {
	lo, hi := 0, len(v)-1
	for lo < hi {
		p := median3(v[lo], v[lo+(hi-lo)/2], v[hi])
		i, j := lo, hi
		for i <= j {
			for v[i] < p {
				i++
			}
			for v[j] > p {
				j--
			}
			if i <= j {
				v[i], v[j] = v[j], v[i]
				i++
				j--
			}
		}
		switch {
		case k <= j:
			hi = j
		case k >= i:
			lo = i
		default:
			return v[k]
		}
	}
	return v[k]
}

func median3(a, b, c int64) int64 {
	return max(min(a, b), min(max(a, b), c))
}

// mean is the arithmetic mean; ok is false when there are no values.
func mean(values []int64) (float64, bool) {
	if len(values) == 0 {
		return 0, false
	}
	sum := 0.0
	for _, v := range values {
		sum += float64(v)
	}
	return sum / float64(len(values)), true
}
