"""Accounts and roles as the API shows them: no pseudonym, as on the pages."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from accounts.models import Department, Role, RoleGrant, User


class UserSerializer(serializers.ModelSerializer[User]):
    roles = serializers.SerializerMethodField()

    class Meta:
        model = User
        fields = ("id", "email", "display_name", "time_zone", "is_active", "date_joined", "roles")
        read_only_fields = fields

    def get_roles(self, user: User) -> list[str]:
        grants = user.role_grants.all()
        return sorted(grant.role for grant in grants if grant.state == "active")


class NewUserSerializer(serializers.Serializer[Any]):
    email = serializers.EmailField()
    display_name = serializers.CharField(max_length=120)
    department = serializers.PrimaryKeyRelatedField(queryset=Department.objects.all())
    time_zone = serializers.CharField(max_length=64, default="UTC")


class RoleGrantSerializer(serializers.ModelSerializer[RoleGrant]):
    state = serializers.CharField(read_only=True)

    class Meta:
        model = RoleGrant
        fields = (
            "id",
            "user",
            "role",
            "state",
            "reason",
            "requested_by",
            "requested_at",
            "approved_by",
            "approved_at",
            "revoked_by",
            "revoked_at",
        )
        read_only_fields = fields


class RoleRequestSerializer(serializers.Serializer[Any]):
    user = serializers.PrimaryKeyRelatedField(queryset=User.objects.all())
    role = serializers.ChoiceField(choices=Role.choices)
    reason = serializers.CharField(max_length=500)


class ReasonSerializer(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=500)


class DepartmentSerializer(serializers.ModelSerializer[Department]):
    class Meta:
        model = Department
        fields = ("id", "name")
        read_only_fields = fields


class NewDepartmentSerializer(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=80)
