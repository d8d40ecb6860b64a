// Package durable holds the tests of templates that run for real: on the
// engine of runs, a database and the embedded forge, with processes that are
// killed, forges that go away and disks that are full.
package durable
