"""A client of served models that needs NumPy alone.

from featurekit.client import Client

with Client("127.0.0.1:8501", model="flights") as client:
    answer = client.predict([{"carrier": "UA", "distance": 719.0}])
"""

from featurekit.client.client import Client as Client
from featurekit.client.client import Prediction as Prediction

__all__ = ["Client", "Prediction"]
