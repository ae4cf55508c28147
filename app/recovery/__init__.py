"""Recovery (找回密码): a person who has forgotten the password sets a new one through a letter."""
