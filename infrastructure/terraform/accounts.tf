data "google_project" "this" {}

# The account of the nodes: it can report logs and metrics, and pull the shop's images.
resource "google_service_account" "nodes" {
  account_id   = "kiosk-${var.environment}-nodes"
  display_name = "Nodes of the shop's cluster"
}

resource "google_project_iam_member" "nodes" {
  for_each = toset(["roles/container.defaultNodeServiceAccount"])
  project  = var.project
  role     = each.key
  member   = google_service_account.nodes.member
}

resource "google_artifact_registry_repository_iam_member" "nodes" {
  repository = google_artifact_registry_repository.images.name
  location   = google_artifact_registry_repository.images.location
  role       = "roles/artifactregistry.reader"
  member     = google_service_account.nodes.member
}

# The account of the delivery pipeline: it pushes images and applies manifests.
resource "google_service_account" "delivery" {
  account_id   = "kiosk-${var.environment}-delivery"
  display_name = "Delivery of the shop"
}

resource "google_project_iam_member" "delivery" {
  for_each = toset(["roles/container.developer"])
  project  = var.project
  role     = each.key
  member   = google_service_account.delivery.member
}

resource "google_artifact_registry_repository_iam_member" "delivery" {
  repository = google_artifact_registry_repository.images.name
  location   = google_artifact_registry_repository.images.location
  role       = "roles/artifactregistry.writer"
  member     = google_service_account.delivery.member
}

# CircleCI signs a token for each run. Only runs of this project can deliver.
resource "google_iam_workload_identity_pool" "delivery" {
  workload_identity_pool_id = "kiosk-${var.environment}-delivery"
}

resource "google_iam_workload_identity_pool_provider" "circleci" {
  workload_identity_pool_id          = google_iam_workload_identity_pool.delivery.workload_identity_pool_id
  workload_identity_pool_provider_id = "circleci"

  attribute_mapping = {
    "google.subject"    = "assertion.sub"
    "attribute.project" = "assertion['oidc.circleci.com/project-id']"
  }
  attribute_condition = "attribute.project == '${var.delivery.project}'"

  oidc {
    issuer_uri        = "https://oidc.circleci.com/org/${var.delivery.organisation}"
    allowed_audiences = [var.delivery.organisation]
  }
}

resource "google_service_account_iam_member" "delivery" {
  service_account_id = google_service_account.delivery.name
  role               = "roles/iam.workloadIdentityUser"
  member             = "principalSet://iam.googleapis.com/${google_iam_workload_identity_pool.delivery.name}/attribute.project/${var.delivery.project}"
}
