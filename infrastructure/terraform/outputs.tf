output "cluster" {
  description = "For `gcloud container clusters get-credentials`."
  value       = google_container_cluster.shop.name
}

output "registry" {
  description = "The registry of the images; REGISTRY of `make deploy`."
  value       = google_artifact_registry_repository.images.registry_uri
}

output "address" {
  description = "The address of the shop, which the zone's A record contains."
  value       = google_compute_global_address.shop.address
}

output "name_servers" {
  description = "The name servers to enter at the domain's registrar."
  value       = google_dns_managed_zone.shop.name_servers
}

output "delivery_account" {
  description = "The account that CircleCI's runs use; DELIVERY_ACCOUNT there."
  value       = google_service_account.delivery.email
}

output "delivery_provider" {
  description = "The identity provider of CircleCI's runs; DELIVERY_PROVIDER there."
  value       = google_iam_workload_identity_pool_provider.circleci.name
}

output "attestor" {
  description = "The attestor of the pipeline's signatures; ATTESTOR in CircleCI."
  value       = google_binary_authorization_attestor.pipeline.id
}

output "attestor_key" {
  description = "The key of the pipeline's signatures; ATTESTOR_KEY in CircleCI."
  value       = data.google_kms_crypto_key_version.signatures.name
}
