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

# The account of the delivery pipeline: it pushes and signs images, and applies manifests. The role of
# infrastructure/kubernetes/delivery.yaml says what it can do in the cluster. Here it can only find and reach it.
resource "google_service_account" "delivery" {
  account_id   = "kiosk-${var.environment}-delivery"
  display_name = "Delivery of the shop"
}

resource "google_project_iam_custom_role" "delivery" {
  role_id = "kioskDelivery"
  title   = "Find and reach the shop's cluster"
  permissions = [
    "container.clusters.connect", # by the control plane's DNS name
    "container.clusters.get",
  ]
}

resource "google_project_iam_member" "delivery" {
  project = var.project
  role    = google_project_iam_custom_role.delivery.id
  member  = google_service_account.delivery.member
}

# cert-manager proves to Let's Encrypt that the shop owns its name, by a record in the zone. Its account in the
# cluster may change the records of this zone, and needs no key. Cloud DNS finds zones only for accounts
# that can read those of the project.
resource "google_project_iam_member" "cert_manager" {
  project = var.project
  role    = "roles/dns.reader"
  member  = local.cert_manager
}

resource "google_dns_managed_zone_iam_member" "cert_manager" {
  managed_zone = google_dns_managed_zone.shop.name
  role         = "roles/dns.admin"
  member       = local.cert_manager
}

locals {
  cert_manager = "principal://iam.googleapis.com/projects/${data.google_project.this.number}/locations/global/workloadIdentityPools/${var.project}.svc.id.goog/subject/ns/cert-manager/sa/cert-manager"
}

resource "google_artifact_registry_repository_iam_member" "delivery" {
  repository = google_artifact_registry_repository.images.name
  location   = google_artifact_registry_repository.images.location
  role       = "roles/artifactregistry.writer"
  member     = google_service_account.delivery.member
}

# CircleCI signs a token for each run. A run can deliver only if it belongs to this project, builds
# main, and uses the context of this environment, which CircleCI can restrict to some people. Someone
# who reruns a job with SSH could change what it does, so such a run cannot deliver.
resource "google_iam_workload_identity_pool" "delivery" {
  workload_identity_pool_id = "kiosk-${var.environment}-delivery"
}

resource "google_iam_workload_identity_pool_provider" "circleci" {
  workload_identity_pool_id          = google_iam_workload_identity_pool.delivery.workload_identity_pool_id
  workload_identity_pool_provider_id = "circleci"

  attribute_mapping = {
    # The claim sub is longer than the 127 bytes that Google allows here.
    "google.subject"    = "assertion['oidc.circleci.com/project-id']"
    "attribute.project" = "assertion['oidc.circleci.com/project-id']"
  }
  attribute_condition = join(" && ", [
    "attribute.project == '${var.delivery.project}'",
    "assertion['oidc.circleci.com/vcs-ref'] == 'refs/heads/main'",
    "'${var.delivery.context}' in assertion['oidc.circleci.com/context-ids']",
    "assertion['oidc.circleci.com/ssh-rerun'] == false",
  ])

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
