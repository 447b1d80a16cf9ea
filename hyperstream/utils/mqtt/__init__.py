"""MQTT: where a broker is, a connection that keeps itself alive, and a handler for logging.

`hyperstream.utils.mqtt.options` can be imported alone: the library for MQTT, which takes longer
to import than all of this, is needed by `connection` only, and whatever imports that.
"""
