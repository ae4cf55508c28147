"""People (用户): who may sign in, and which roles they hold in which organizations."""
