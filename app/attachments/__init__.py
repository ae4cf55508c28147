"""Attachments (附件): checks files from outside, keeps them and hands them back; whose they are is for others."""
