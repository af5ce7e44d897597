variable "project" {
  description = "The id of the project."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.project))
    error_message = "A project id has 6 to 30 lowercase letters, digits and hyphens."
  }
}

variable "region" {
  description = "The region of all resources."
  type        = string
  default     = "europe-west3"

  validation {
    condition     = can(regex("^[a-z]+-[a-z]+[0-9]+$", var.region))
    error_message = "The region must look like europe-west3; a zone is not a region."
  }
}

variable "environment" {
  description = "The environment. Each has its own cluster."
  type        = string

  validation {
    condition     = contains(["staging", "production"], var.environment)
    error_message = "The environment must be staging or production."
  }
}

variable "domain" {
  description = "The DNS zone of the shop, such as shop.example. The shop uses the name of the zone."
  type        = string

  validation {
    condition     = can(regex("^([a-z0-9]([a-z0-9-]*[a-z0-9])?\\.)+[a-z]{2,}$", var.domain))
    error_message = "The domain must look like shop.example, without a dot at the end."
  }
}

variable "authorised_networks" {
  description = "The networks that can reach the control plane: names and address ranges."
  type        = map(string)

  validation {
    condition     = alltrue([for range in values(var.authorised_networks) : can(cidrhost(range, 0))])
    error_message = "Each network must be an address range, such as 192.0.2.0/24."
  }

  validation {
    condition     = !contains(values(var.authorised_networks), "0.0.0.0/0")
    error_message = "The whole Internet cannot be an authorised network."
  }
}

variable "state_machine_type" {
  description = "The machine type for the databases and Kafka."
  type        = string
  default     = "e2-standard-4"
}

variable "service_machine_type" {
  description = "The machine type for the services. `make capacity` compares it with what they request."
  type        = string
  default     = "e2-standard-2"
}

variable "service_nodes_at_most" {
  description = "The maximum number of machines for the services."
  type        = number
  default     = 10

  validation {
    condition     = var.service_nodes_at_most >= 2 && var.service_nodes_at_most <= 100
    error_message = "The number must be from 2 to 100."
  }
}

variable "delivery" {
  description = "The ids of CircleCI's organisation, project and context of this environment, which can deliver by OpenID Connect without a key."
  type = object({
    organisation = string
    project      = string
    context      = string
  })

  validation {
    condition = alltrue([
      for id in values(var.delivery) : can(regex("^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", id))
    ])
    error_message = "All ids must be UUIDs. CircleCI's settings show them."
  }
}

variable "deletion_protection" {
  description = "Whether Terraform refuses to delete the cluster."
  type        = bool
  default     = true
}
