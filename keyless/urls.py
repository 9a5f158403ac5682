"""The addresses of keyless publishing, below `/o/ORGANISATION/keyless/`."""

from django.urls import path

from keyless import views

urlpatterns = [
    path("", views.binding_list, name="keyless"),
    path("new/<slug:kind>/", views.binding_new, name="keyless-new"),
    path("<int:binding>/", views.binding_page, name="keyless-binding"),
    path("<int:binding>/remove/", views.binding_remove, name="keyless-remove"),
]
