"""Requests as objects: what ``shop.execute`` takes, made by keyword.

The methods of the shop make them too; use them to keep, collect or pass requests on.
"""

from livedrops._core import (
    CancelOrder, ChangeAccount, ChangeDrop, ConfirmOrder, CreateAccount, CreateDrop, CreateProduct,
    DeleteProduct, ExtendOrder, FollowCreator, MarkRead, OpenSession, PlaceOrder, Restock,
    RevokeSession, RotateSession, UpdateAccount, UpdateDrop, UpdateProduct)
from livedrops._families import Request

__all__ = [
    "CancelOrder", "ChangeAccount", "ChangeDrop", "ConfirmOrder", "CreateAccount", "CreateDrop",
    "CreateProduct", "DeleteProduct", "ExtendOrder", "FollowCreator", "MarkRead", "OpenSession",
    "PlaceOrder", "Request", "Restock", "RevokeSession", "RotateSession", "UpdateAccount",
    "UpdateDrop", "UpdateProduct",
]
