//! `/v1/products`: what the shop sells, by the names that buyers use.

use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::api::json::{Json, Query};
use crate::api::page::{self, Page};
use crate::api::path::Id;
use crate::auth::{Administering, Caller, ReadingVocabulary};
use crate::domain::fault::{Fault, FieldError};
use crate::domain::ids::ProductId;
use crate::domain::shop::Product;
use crate::error::ApiError;
use crate::state::AppState;

/// Which page of products.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ProductsParams {
    /// The most products; 50 when absent.
    pub limit: Option<u32>,
    /// The `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// A page of products, by id.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProductsPage {
    /// The products.
    pub items: Vec<Product>,
    /// What to hand in for the next page; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// The shop's products, by id.
#[utoipa::path(get, path = "/v1/products", operation_id = "list_products", tag = "vocabulary", security(("key" = ["knowledge", "admin"])), params(ProductsParams),
    responses((status = 200, body = ProductsPage), (status = "default", description = "A problem", body = crate::error::Problem)))]
pub async fn list(
    caller: Caller<ReadingVocabulary>,
    state: web::Data<AppState>,
    params: Query<ProductsParams>,
) -> Result<HttpResponse, ApiError> {
    let limit = page::limit(params.0.limit, &state.settings)?;
    let after = page::cursor(params.0.cursor.as_deref(), |id| ProductId::parse(id).ok())?;
    let found = state.store.vocabulary(&caller.shop).await?.products;
    let found = found
        .into_iter()
        .filter(|product| after.as_ref().is_none_or(|after| product.id > *after))
        .take(limit as usize + 1)
        .collect();
    let page = Page::cut(found, limit, |product: &Product| product.id.to_string());
    Ok(HttpResponse::Ok().json(ProductsPage {
        items: page.items,
        next_cursor: page.next_cursor,
    }))
}

/// A product without its id, which the address has.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProductRequest {
    /// The id again, if at all.
    #[serde(default)]
    pub id: Option<String>,
    /// Its name, at most 200 characters.
    #[schema(example = "禾木保温壶 1.2L")]
    pub name: String,
    /// Its category, at most 200 characters.
    #[serde(default)]
    pub category: Option<String>,
    /// What buyers call it, at most 50 names of 80 characters each.
    #[serde(default)]
    pub aliases: Vec<String>,
}

/// Adds or replaces a product.
#[utoipa::path(put, path = "/v1/products/{id}", operation_id = "put_product", tag = "vocabulary", security(("key" = ["admin"])),
    params(("id" = String, Path, description = "The shop's own id of the product")), request_body = ProductRequest,
    responses((status = 200, body = Product), (status = "default", description = "A problem", body = crate::error::Problem)))]
pub async fn put(
    caller: Caller<Administering>,
    state: web::Data<AppState>,
    id: Id<ProductId>,
    body: Json<ProductRequest>,
) -> Result<HttpResponse, ApiError> {
    let product = parse(id.0, body.value)?;
    let products = std::slice::from_ref(&product);
    state.store.put_products(&caller.shop, products).await?;
    state.catalog.store_changed();
    Ok(HttpResponse::Ok().json(product))
}

/// Removes a product; knowledge that names it stays as it is.
#[utoipa::path(delete, path = "/v1/products/{id}", operation_id = "delete_product", tag = "vocabulary", security(("key" = ["admin"])),
    params(("id" = String, Path, description = "The shop's own id of the product")),
    responses((status = 204, description = "It is gone"), (status = "default", description = "A problem", body = crate::error::Problem)))]
pub async fn delete(
    caller: Caller<Administering>,
    state: web::Data<AppState>,
    id: Id<ProductId>,
) -> Result<HttpResponse, ApiError> {
    state.store.delete_product(&caller.shop, &id.0).await?;
    state.catalog.store_changed();
    Ok(HttpResponse::NoContent().finish())
}

fn parse(id: ProductId, request: ProductRequest) -> Result<Product, ApiError> {
    if request.id.is_some_and(|given| given.trim() != id.as_str()) {
        let fault = Fault::malformed(
            format!("{id}，与地址里的一致"),
            format!("{id}, as in the address"),
        );
        return Err(ApiError::field(FieldError::new("id", fault)));
    }
    let product = Product {
        id,
        name: request.name,
        category: request.category,
        aliases: request.aliases,
    };
    product.trimmed().map_err(ApiError::InvalidFields)
}
