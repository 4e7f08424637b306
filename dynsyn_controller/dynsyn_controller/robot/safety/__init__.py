"""What stands between a learner and the motors; each part pure, small, and acting."""
