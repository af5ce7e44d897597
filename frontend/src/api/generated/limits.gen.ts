// This file is generated from openapi.json.

export const addressChangeRequestLimits = {
  "name": {
    "maxLength": 100
  },
  "company": {
    "maxLength": 100
  },
  "lines": {
    "maxItems": 4,
    "minItems": 1
  },
  "postcode": {
    "maxLength": 100
  },
  "city": {
    "maxLength": 100
  },
  "region": {
    "maxLength": 100
  }
} as const;

export const addressRequestLimits = {
  "name": {
    "maxLength": 100
  },
  "company": {
    "maxLength": 100
  },
  "lines": {
    "maxItems": 4,
    "minItems": 1
  },
  "postcode": {
    "maxLength": 100
  },
  "city": {
    "maxLength": 100
  },
  "region": {
    "maxLength": 100
  }
} as const;

export const auditTrailAuthenticationQueryLimits = {
  "actor": {
    "maxLength": 320
  },
  "action": {
    "maxLength": 320
  },
  "subject": {
    "maxLength": 320
  },
  "limit": {
    "maximum": 100,
    "minimum": 1
  },
  "cursor": {
    "maxLength": 4000
  }
} as const;

export const auditTrailOrdersQueryLimits = {
  "actor": {
    "maxLength": 320
  },
  "action": {
    "maxLength": 320
  },
  "subject": {
    "maxLength": 320
  },
  "limit": {
    "maximum": 100,
    "minimum": 1
  },
  "cursor": {
    "maxLength": 4000
  }
} as const;

export const auditTrailProductsQueryLimits = {
  "actor": {
    "maxLength": 320
  },
  "action": {
    "maxLength": 320
  },
  "subject": {
    "maxLength": 320
  },
  "limit": {
    "maximum": 100,
    "minimum": 1
  },
  "cursor": {
    "maxLength": 4000
  }
} as const;

export const categoryRequestLimits = {
  "name": {
    "maxLength": 120,
    "minLength": 1
  }
} as const;

export const changePasswordRequestLimits = {
  "current": {
    "maxLength": 1024
  },
  "new": {
    "maxLength": 128,
    "minLength": 8
  }
} as const;

export const changeProductRequestLimits = {
  "name": {
    "maxLength": 120,
    "minLength": 1
  },
  "description": {
    "maxLength": 2000
  },
  "price": {
    "maximum": 1000000,
    "minimum": 0
  },
  "categories": {
    "maxItems": 20
  },
  "quantity_delta": {
    "maximum": 1000000,
    "minimum": -1000000
  }
} as const;

export const changeProductsRequestLimits = {
  "changes": {
    "maxItems": 100,
    "minItems": 1
  }
} as const;

export const closeLinesRequestLimits = {
  "lines": {
    "maxItems": 50,
    "minItems": 1
  },
  "reason": {
    "maxLength": 100
  }
} as const;

export const contactRequestLimits = {
  "name": {
    "maxLength": 100
  }
} as const;

export const deliveryMethodRequestLimits = {
  "name": {
    "maxLength": 100
  },
  "countries": {
    "maxItems": 250,
    "minItems": 1
  },
  "fees": {
    "maxItems": 20,
    "minItems": 1
  },
  "free_from": {
    "maximum": 1000000,
    "minimum": 0
  },
  "days": {
    "maximum": 365,
    "minimum": 0
  }
} as const;

export const deliveryRequestLimits = {
  "fee": {
    "maximum": 1000000,
    "minimum": 0
  }
} as const;

export const discardRequestLimits = {
  "reason": {
    "maxLength": 500,
    "minLength": 1
  }
} as const;

export const emailChangeRequestLimits = {
  "password": {
    "maxLength": 1024
  }
} as const;

export const feeStepRequestLimits = {
  "from": {
    "maximum": 1000000,
    "minimum": 0
  },
  "fee": {
    "maximum": 1000000,
    "minimum": 0
  }
} as const;

export const getPictureQueryLimits = {
  "v": {
    "maxLength": 64
  }
} as const;

export const getStatisticsQueryLimits = {
  "days": {
    "maximum": 366,
    "minimum": 1
  }
} as const;

export const getTotalsQueryLimits = {
  "customer": {
    "maxLength": 320
  }
} as const;

export const linePartRequestLimits = {
  "quantity": {
    "maximum": 1000,
    "minimum": 1
  }
} as const;

export const lineRequestLimits = {
  "name": {
    "maxLength": 120
  },
  "quantity": {
    "maximum": 1000,
    "minimum": 1
  },
  "price": {
    "maximum": 1000000,
    "minimum": 0
  }
} as const;

export const listAllOrdersQueryLimits = {
  "email": {
    "maxLength": 320
  },
  "customer": {
    "maxLength": 320
  },
  "number": {
    "maxLength": 320
  },
  "limit": {
    "maximum": 100,
    "minimum": 1
  },
  "cursor": {
    "maxLength": 4000
  }
} as const;

export const listAllProductsQueryLimits = {
  "name": {
    "minLength": 1,
    "maxLength": 120
  },
  "categoryName": {
    "minLength": 1,
    "maxLength": 120
  },
  "q": {
    "maxLength": 100
  },
  "min_price": {
    "minimum": 0,
    "maximum": 1000000
  },
  "max_price": {
    "minimum": 0,
    "maximum": 1000000
  },
  "max_stock": {
    "maximum": 1000000,
    "minimum": 0
  },
  "limit": {
    "maximum": 100,
    "minimum": 1
  },
  "cursor": {
    "maxLength": 4000
  }
} as const;

export const listDeadLettersOrdersQueryLimits = {
  "limit": {
    "maximum": 100,
    "minimum": 1
  },
  "cursor": {
    "maxLength": 4000
  }
} as const;

export const listDeadLettersProductsQueryLimits = {
  "limit": {
    "maximum": 100,
    "minimum": 1
  },
  "cursor": {
    "maxLength": 4000
  }
} as const;

export const listMailsAuthenticationQueryLimits = {
  "limit": {
    "maximum": 100,
    "minimum": 1
  },
  "cursor": {
    "maxLength": 4000
  }
} as const;

export const listMailsOrdersQueryLimits = {
  "limit": {
    "maximum": 100,
    "minimum": 1
  },
  "cursor": {
    "maxLength": 4000
  }
} as const;

export const listOffersQueryLimits = {
  "value": {
    "minimum": 0,
    "maximum": 1000000
  }
} as const;

export const listOrdersQueryLimits = {
  "limit": {
    "maximum": 100,
    "minimum": 1
  },
  "cursor": {
    "maxLength": 4000
  }
} as const;

export const listProductsQueryLimits = {
  "name": {
    "minLength": 1,
    "maxLength": 120
  },
  "categoryName": {
    "minLength": 1,
    "maxLength": 120
  },
  "q": {
    "maxLength": 100
  },
  "min_price": {
    "minimum": 0,
    "maximum": 1000000
  },
  "max_price": {
    "minimum": 0,
    "maximum": 1000000
  },
  "max_stock": {
    "maximum": 1000000,
    "minimum": 0
  },
  "limit": {
    "maximum": 100,
    "minimum": 1
  },
  "cursor": {
    "maxLength": 4000
  }
} as const;

export const listUsersQueryLimits = {
  "email": {
    "maxLength": 320
  },
  "limit": {
    "maximum": 100,
    "minimum": 1
  },
  "cursor": {
    "maxLength": 4000
  }
} as const;

export const loginRequestLimits = {
  "email": {
    "maxLength": 320
  },
  "password": {
    "maxLength": 1024
  }
} as const;

export const newPasswordRequestLimits = {
  "token": {
    "maxLength": 128,
    "minLength": 1
  },
  "password": {
    "maxLength": 128,
    "minLength": 8
  }
} as const;

export const newProductBodyLimits = {
  "name": {
    "maxLength": 120,
    "minLength": 1
  },
  "description": {
    "maxLength": 2000
  },
  "price": {
    "maximum": 1000000,
    "minimum": 0
  },
  "quantity": {
    "maximum": 1000000,
    "minimum": 0
  },
  "categories": {
    "maxItems": 20
  }
} as const;

export const noteRequestLimits = {
  "text": {
    "maxLength": 2000,
    "minLength": 1
  }
} as const;

export const passwordResetRequestLimits = {
  "email": {
    "maxLength": 320
  }
} as const;

export const paymentRecordRequestLimits = {
  "amount": {
    "maximum": 1000000,
    "minimum": 0
  },
  "reference": {
    "maxLength": 100
  }
} as const;

export const payoutRequestLimits = {
  "reference": {
    "maxLength": 100
  }
} as const;

export const placeOrderRequestLimits = {
  "products": {
    "maxItems": 50,
    "minItems": 1
  },
  "note": {
    "maxLength": 1000
  }
} as const;

export const postalAddressRequestLimits = {
  "name": {
    "maxLength": 100
  },
  "company": {
    "maxLength": 100
  },
  "lines": {
    "maxItems": 4,
    "minItems": 1
  },
  "postcode": {
    "maxLength": 100
  },
  "city": {
    "maxLength": 100
  },
  "region": {
    "maxLength": 100
  }
} as const;

export const productChangeBodyLimits = {
  "etag": {
    "maxLength": 100
  },
  "price": {
    "maximum": 1000000,
    "minimum": 0
  },
  "categories": {
    "maxItems": 20
  },
  "quantity_delta": {
    "maximum": 1000000,
    "minimum": -1000000
  },
  "expected_quantity": {
    "maximum": 1000000000,
    "minimum": 0
  }
} as const;

export const profileRequestLimits = {
  "name": {
    "maxLength": 100
  }
} as const;

export const refreshRequestLimits = {
  "refresh_token": {
    "maxLength": 1024
  }
} as const;

export const refundRequestLimits = {
  "amount": {
    "maximum": 1000000,
    "minimum": 0
  },
  "reason": {
    "maxLength": 100
  }
} as const;

export const registerRequestLimits = {
  "password": {
    "maxLength": 128,
    "minLength": 8
  }
} as const;

export const shipmentRequestLimits = {
  "lines": {
    "maxItems": 50,
    "minItems": 1
  },
  "carrier": {
    "maxLength": 100
  },
  "tracking_number": {
    "maxLength": 100
  },
  "tracking_url": {
    "maxLength": 500,
    "minLength": 1
  }
} as const;

export const tokenRequestLimits = {
  "token": {
    "maxLength": 128,
    "minLength": 1
  }
} as const;
