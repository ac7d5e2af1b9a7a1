"""Answers to "does this packet pass?" that share no code with the answers under test."""
