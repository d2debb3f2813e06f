package gateway

import "testing"

func TestParsePhone(t *testing.T) {
	tests := []struct {
		name, raw, region string
		want              Phone
	}{
		{"E.164", "+254700000001", "KE", "+254700000001"},
		{"without plus", "254700000001", "KE", "+254700000001"},
		{"national", "0700000001", "KE", "+254700000001"},
		{"with spaces and dashes", "+254 700-000 001", "KE", "+254700000001"},
		{"another country", "+8613800138000", "KE", "+8613800138000"},
		{"another country without plus", "8613800138000", "KE", "+8613800138000"},
		{"short code", "20384", "KE", ""},
		{"alphanumeric", "SAFARICOM", "KE", ""},
		{"letters that are keypad digits", "+1800FLOWERS", "US", ""},
		{"empty", "", "KE", ""},
		{"a plus alone", "+", "KE", ""},
		{"no such country", "+999123456789", "KE", ""},
		{"far too long", "+254700000001254700000001254700000001", "KE", ""},
		{"other digits", "+٢٥٤٧٠٠٠٠٠٠٠١", "KE", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			phones := NewPhones(tt.region)
			for range 2 { // the second time from memory
				got, err := phones.Parse(tt.raw)
				if got != tt.want || (err == nil) != (tt.want != "") {
					t.Errorf("%q is %q, %v", tt.raw, got, err)
				}
			}
		})
	}
}

func FuzzParsePhone(f *testing.F) {
	f.Add("+254700000001")
	f.Add("0700 000 001")
	f.Fuzz(func(t *testing.T, raw string) {
		p, err := ParsePhone(raw, "KE")
		if err != nil {
			return
		}
		if again, err := ParsePhone(string(p), "KE"); err != nil || again != p {
			t.Errorf("%q is %q, and that is %q, %v", raw, p, again, err)
		}
	})
}
