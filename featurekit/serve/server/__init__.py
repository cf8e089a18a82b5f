r"""The server of exported models: the protocols of TensorFlow Serving, on one model.

    folder of versions -> versions.py -> loaded_version.py
    HTTP -> rest.py   \                                      / metrics.py
                        -> predictor.py -> batching.py -> TensorFlow
    gRPC -> grpc_*.py /                                      \ observation.py

Requests become serialized tf.Examples before they are batched: those of many requests
are one list of bytes, whatever their columns hold.
"""
