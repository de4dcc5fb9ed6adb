"""What leaders earn, are owed, are paid and give back."""
