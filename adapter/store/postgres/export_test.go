package postgres

import "io/fs"

// Later are the options of a program that has more migrations than this one.
func (o Options) Later(files fs.FS) Options {
	o.migrations = files
	return o
}

// Migrations of this program.
func Migrations() fs.FS { return migrations }
