"""Units (单位): enterprises, universities, institutes and the bureau; all else belongs to one of them."""
