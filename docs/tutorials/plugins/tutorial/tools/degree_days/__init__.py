"""How much a day calls for heating."""
