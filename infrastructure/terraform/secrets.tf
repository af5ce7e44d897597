# The secrets without their values. An operator stores the values
# (docs/operations/gke-first-deployment.md), which are in no file and not in Terraform's state.
locals {
  secrets = toset(flatten([
    [for service in ["authentication", "products", "orders"] : [
      "${service}-db-key",
      "${service}-db-root-password",
      "${service}-db-service-password",
      "${service}-ms-mongo-url",
      "${service}-migrate-mongo-url",
      "${service}-migrate-password",
    ]],
    [for service in ["products", "orders"] : "${service}-ms-kafka-password"],
    # Encrypts the backups. Keep a copy outside of Google (docs/operations/backup.md).
    "backup-password",
    "authentication-ms-signing-key",
    "authentication-ms-previous-key",
    [for service in ["gateway", "orders"] : [
      "${service}-ms-proof-key",
      "${service}-ms-public-keys",
    ]],
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

# External Secrets, which overlays/gke uses, reads the secrets with its account in the cluster, without a key.
resource "google_secret_manager_secret_iam_member" "external_secrets" {
  for_each  = google_secret_manager_secret.shop
  secret_id = each.value.id
  role      = "roles/secretmanager.secretAccessor"
  member    = "principal://iam.googleapis.com/projects/${data.google_project.this.number}/locations/global/workloadIdentityPools/${var.project}.svc.id.goog/subject/ns/external-secrets/sa/external-secrets"
}
