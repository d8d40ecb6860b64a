// Package testkit holds what tests of several packages share.
package testkit
