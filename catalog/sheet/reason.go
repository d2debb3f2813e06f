package sheet

import (
	"maps"

	"haat/catalog"
)

// AllReasons are the reasons for which this package refuses a workbook.
func AllReasons() catalog.Reasons { return maps.Clone(reasons) }

var reasons = catalog.Reasons{
	"sheet_password": `it has a password or is an old .xls; save it as .xlsx without one, or as "CSV UTF-8"`,
	"sheet_large":    `it is larger than {n} MiB; save it as "CSV UTF-8"`,
	"sheet_unpacked": `it is too large when it is unpacked; save it as "CSV UTF-8"`,
	"sheet_csv":      "as CSV it is larger than {n} MiB; split it",
	"sheet_damaged":  "it is damaged or no spreadsheet; open it in your program and save it as .xlsx again",
	"sheet_macros":   "it has macros; save it as .xlsx, which has none",
	"sheet_empty":    "there is nothing in it; the first row must be the header",
	"sheets":         "{n} sheets have cells: {names}; keep only the one with the products",
	"sheet_rows":     "there are more than {n} rows; split the file",
	"sheet_columns":  "there are {n} columns; remove those without products' data",
	"sheet_merged":   "cells are merged{where}; take the merged cells apart, so that each row has its own",
	"sheet_formula":  "a formula has no result; open the file in your spreadsheet program, save it, and upload it again",
}
