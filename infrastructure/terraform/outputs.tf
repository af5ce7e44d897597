output "cluster" {
  description = "For `gcloud container clusters get-credentials`."
  value       = google_container_cluster.shop.name
}

output "registry" {
  description = "Where the images are; REGISTRY of `make deploy`."
  value       = google_artifact_registry_repository.images.registry_uri
}

output "address" {
  description = "The shop's address, at which the zone's record points."
  value       = google_compute_global_address.shop.address
}

output "name_servers" {
  description = "What the domain's registrar has to be told."
  value       = google_dns_managed_zone.shop.name_servers
}

output "delivery_account" {
  description = "Whom CircleCI's runs act as; DELIVERY_ACCOUNT there."
  value       = google_service_account.delivery.email
}

output "delivery_provider" {
  description = "Who vouches for them; DELIVERY_PROVIDER there."
  value       = google_iam_workload_identity_pool_provider.circleci.name
}
