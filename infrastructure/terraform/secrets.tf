# The places of the secrets; their values are put in by an operator (docs/operations.md) and are in no
# file and no state of Terraform.
locals {
  secrets = toset(flatten([
    [for service in ["authentication", "products", "orders"] : [
      "${service}-db-key",
      "${service}-db-root-password",
      "${service}-db-service-password",
      "${service}-ms-mongo-url",
    ]],
    "authentication-ms-signing-key",
    "authentication-ms-previous-key",
  ]))
}

resource "google_secret_manager_secret" "shop" {
  for_each  = local.secrets
  secret_id = each.key

  replication {
    user_managed {
      replicas {
        location = var.region
      }
    }
  }
}

# External Secrets, which overlays/gke relies on, by its account in the cluster: there is no key.
resource "google_secret_manager_secret_iam_member" "external_secrets" {
  for_each  = google_secret_manager_secret.shop
  secret_id = each.value.id
  role      = "roles/secretmanager.secretAccessor"
  member    = "principal://iam.googleapis.com/projects/${data.google_project.this.number}/locations/global/workloadIdentityPools/${var.project}.svc.id.goog/subject/ns/external-secrets/sa/external-secrets"
}
