"""Things that know no concept of the competition: columns, pages, lifecycles, the clock."""
